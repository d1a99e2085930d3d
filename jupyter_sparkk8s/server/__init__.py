"""What runs inside the Jupyter server beside its kernels."""
