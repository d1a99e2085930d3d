"""The test cluster: a real Kubernetes and a real CephFS on one Linux machine. `python3 -m tests.cluster.rig up`.

Standard library only, so that it runs with a system's own Python. One file per component; README.md says how they fit.
"""
