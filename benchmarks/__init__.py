"""Measurements that the documentation states; each is one command, run on a cluster (KUBECONFIG, SPARKK8S_TEST_IMAGE)."""
