"""Jupyter's life cycle of a kernel (jupyter_client's provisioner) over one driver of a backend."""
