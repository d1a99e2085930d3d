"""The demo: a short notebook on the local backend, in JupyterLab or without a browser. Not part of the package."""
