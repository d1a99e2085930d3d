"""What the rings of tests share: a real Jupyter server as a process, and a client that talks to it as JupyterLab does."""
