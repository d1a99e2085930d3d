"""Run in a pod of the namespace that has none of a driver's secrets: tries the doors named in DOORS and prints what they said.

It uses Spark's own classes, without authentication or with a secret that it made up.
"""

import json
import os
import urllib.error
import urllib.request
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.java_gateway import launch_gateway


def http(url: str, authorization: str = "") -> int:
    """The status of one request."""
    request = urllib.request.Request(url, headers={"Authorization": authorization} if authorization else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def attempt(call: Any, *arguments: Any) -> str:
    """What a call into the JVM gave: "open", or the first line of the error that began it."""
    try:
        call(*arguments)
    except Py4JJavaError as error:
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.toString()).splitlines()[0][:300]
    return "open"


def tools(jvm: Any, settings: dict[str, str]) -> tuple[Any, Any]:
    """An RPC environment and a block transfer service as an executor has them. Made by hand: SparkEnv's classes are not all
    there for Java's reflection.
    """
    spark = jvm.org.apache.spark
    conf = spark.SparkConf(False)
    waits = {"spark.network.timeout": "20s", "spark.rpc.askTimeout": "20s", "spark.network.auth.rpcTimeout": "10s"}
    for key, value in {"spark.app.id": "x", "spark.shuffle.io.maxRetries": "0", **waits, **settings}.items():
        conf.set(key, value)
    none, file = (getattr(spark.SecurityManager, f"$lessinit$greater$default${number}")() for number in (2, 3))
    security = spark.SecurityManager(conf, none, file)
    security.initializeAuth()
    rpc = spark.rpc.RpcEnv.create("stranger", "127.0.0.1", 0, conf, security, True)
    serializer = spark.serializer.SerializerManager(spark.serializer.JavaSerializer(conf), conf)
    blocks = spark.network.netty.NettyBlockTransferService(conf, security, serializer, "127.0.0.1", "127.0.0.1", 0, 1, None)
    blocks.init(None)
    return rpc, blocks


def main() -> None:
    doors = json.loads(os.environ["DOORS"])
    jvm: Any = launch_gateway().jvm
    found: dict[str, Any] = {}
    for name, driver in doors["drivers"].items():
        found[name] = {
            "http": {path: http(driver["ui"] + path) for path in doors["paths"]},
            "http with a made-up token": http(driver["ui"] + doors["paths"][0], doors["made_up"]),
            "http with the token": http(driver["ui"] + doors["paths"][0], driver["token"]),
        }
    for way, settings in doors["settings"].items():
        rpc, blocks = tools(jvm, settings)
        for name, driver in doors["drivers"].items():
            address = jvm.org.apache.spark.rpc.RpcAddress(driver["host"], driver["port"])
            block = (driver["host"], driver["block_port"], "driver", driver["block"], None)
            found[name][f"rpc, {way}"] = attempt(rpc.setupEndpointRef, address, "HeartbeatReceiver")
            found[name][f"block, {way}"] = attempt(blocks.fetchBlockSync, *block)
    print("FOUND " + json.dumps(found))


if __name__ == "__main__":
    main()
