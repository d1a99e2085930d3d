# Sourced by Spark's own scripts. A JVM that pyspark starts for a notebook (it sets the variable below) writes to the
# driver's log: its standard streams are the kernel's, and would spill into cells.
if [ -n "${_PYSPARK_DRIVER_CONN_INFO_PATH:-}" ] && [ -n "${SPARKK8S_LOG:-}" ]; then
  exec >>"$SPARKK8S_LOG" 2>&1
fi
