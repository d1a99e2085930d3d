"""All that is said to Kubernetes, and the only user of its library: requests, watches, manifests, its words put into ours."""
