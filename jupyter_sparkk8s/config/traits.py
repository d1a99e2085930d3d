"""``c.SparkK8s``: every setting of an administrator, with its unit in its help.
Leaves out what the settings amount to for one kernel: see ``resolve``.
"""

from __future__ import annotations

from traitlets import Bool, CaselessStrEnum, Dict, Float, Integer, List, Unicode
from traitlets.config import LoggingConfigurable

from ..models.driver import Access, SessionMode


class SparkK8s(LoggingConfigurable):
    """Settings of the Spark kernels. A profile may set each trait tagged ``profile`` again."""

    # where
    namespace = Unicode("default", help="Namespace of the kernels' pods. May hold {username}.").tag(config=True)
    access = CaselessStrEnum(
        ["auto", *(item.value for item in Access)],
        "auto",
        help="How the server reaches pods: 'direct' (pod addresses), 'port-forward' (through the API server), or 'auto': "
        "direct where the server itself runs in the cluster.",
    ).tag(config=True)
    kubeconfig = Unicode("", help="Path of a kubeconfig file. Empty: $KUBECONFIG, ~/.kube/config, or the pod's account.").tag(
        config=True
    )
    context = Unicode("", help="Context of the kubeconfig. Empty: its current one.").tag(config=True)
    server_id = Unicode(
        "", help="Identity of this server on its kernels' labels. Empty: kept in Jupyter's data directory."
    ).tag(config=True)

    # image
    image = Unicode("", help="Container image of driver and executors: Python, ipykernel ≥ 7.4, pyspark ≥ 3.5, Java.").tag(
        config=True, profile=True
    )
    image_pull_policy = CaselessStrEnum(
        ["", "Always", "IfNotPresent", "Never"], "", help="Pull policy of the image. Empty: Kubernetes' default."
    ).tag(config=True, profile=True)
    image_pull_secrets = List(Unicode(), help="Names of the Secrets that hold registry logins, for both roles.").tag(
        config=True, profile=True
    )

    # driver
    driver_cpu = Unicode("1", help="CPU request of the driver pod, in cores ('500m', '2').").tag(config=True, profile=True)
    driver_cpu_limit = Unicode("", help="CPU limit of the driver pod, in cores. Empty: none.").tag(config=True, profile=True)
    driver_memory = Unicode(
        "4Gi", help="Memory of the whole driver pod, request and limit, split by us for JVM and Python."
    ).tag(config=True, profile=True)
    driver_service_account = Unicode("spark-driver", help="ServiceAccount of the driver pod.").tag(config=True, profile=True)
    driver_pod_extra = Dict(help="Deep-merged into the driver's pod object, from its root.").tag(config=True, profile=True)

    # executors
    executor_instances = Integer(2, min=0, help="Number of executors; the least one with dynamic allocation.").tag(
        config=True, profile=True
    )
    executor_max_instances = Integer(
        0, min=0, help="Largest number of executors. Above executor_instances: dynamic allocation between the two."
    ).tag(config=True, profile=True)
    executor_cpu = Unicode("1", help="CPU request of an executor pod, in cores.").tag(config=True, profile=True)
    executor_cpu_limit = Unicode("", help="CPU limit of an executor pod, in cores. Empty: none.").tag(config=True, profile=True)
    executor_cores = Integer(
        0,
        min=0,
        help="Cores that Spark counts for an executor: so many tasks at a time, fewer with spark.task.cpus in spark_conf. "
        "0: its CPU request, rounded up.",
    ).tag(config=True, profile=True)
    executor_memory = Unicode("4Gi", help="Memory of a whole executor pod, request and limit.").tag(config=True, profile=True)
    executor_service_account = Unicode("spark-executor", help="ServiceAccount of executor pods: one without rights.").tag(
        config=True, profile=True
    )
    executor_pod_extra = Dict(help="Deep-merged into an executor's pod object, from its root.").tag(config=True, profile=True)

    # identity inside the pods
    run_as_user = Integer(185, min=1, help="Numeric user id of driver and executors.").tag(config=True, profile=True)
    run_as_group = Integer(185, min=0, help="Numeric primary group id of driver and executors.").tag(config=True, profile=True)
    supplemental_groups = List(
        Integer(min=0), help="Numeric ids of further groups of driver and executors: those that may use the shares."
    ).tag(config=True, profile=True)

    # placement
    node_selector = Dict(help="Node labels that both roles ask for.").tag(config=True, profile=True)
    tolerations = List(Dict(), help="Kubernetes tolerations of both roles.").tag(config=True, profile=True)
    labels = Dict(help="Labels of every object that a kernel makes. Values may be templates.").tag(config=True, profile=True)
    annotations = Dict(help="Annotations of every object that a kernel makes. Values may be templates.").tag(
        config=True, profile=True
    )

    # storage
    volumes = List(
        Dict(),
        help="Volumes of driver and executors, in Kubernetes' words: name, mountPath, subPath, readOnly (a truth value or one "
        "per role) and one source such as persistentVolumeClaim. Strings may be templates.",
    ).tag(config=True, profile=True)

    # Spark
    spark_conf = Dict(help="Further Spark properties.").tag(config=True, profile=True)
    spark_encryption = Bool(True, help="Authenticate and encrypt Spark's own traffic between driver and executors.").tag(
        config=True, profile=True
    )
    session = CaselessStrEnum(
        [item.value for item in SessionMode],
        SessionMode.EAGER.value,
        help="When `spark` is made: 'eager' (with the kernel), 'lazy' (by the first cell that uses it), 'off' (by the user).",
    ).tag(config=True, profile=True)

    # environment
    env = Dict(help="Environment variables of driver and executors. Values may hold templates.").tag(config=True, profile=True)
    env_allow = List(Unicode(), help="Names of variables copied from the server's own environment, where set.").tag(config=True)

    ca_bundle = Unicode(
        "",
        help="Path, on the server, of a PEM file with all certificate authorities that driver and executors trust, in Python, "
        "Java and command-line programs. Empty: the image's own.",
    ).tag(config=True)

    # limits
    start_timeout_s = Float(300, min=1, help="Longest time in seconds that a start may take, an image's pull included.").tag(
        config=True
    )
    unschedulable_grace_s = Float(5, min=0, help="Seconds for which a pod that fits on no node is waited for.").tag(config=True)
    alone_timeout_s = Float(
        7200,
        min=0,
        help="Seconds after which a driver that nobody is connected to and that runs no cell ends, pod and executors: what is "
        "left of a client that was killed. A server that comes back deletes its own at once. 0: never.",
    ).tag(config=True)
    transport_encryption = CaselessStrEnum(["required", "off"], "required", help="CurveZMQ on the kernel's sockets.").tag(
        config=True
    )

    profiles = List(
        Dict(),
        help="Named variants: dicts with name, title, description, icon (the path of an SVG or PNG file) and any of the traits "
        "that a profile may set.",
    ).tag(config=True)
