"""`plg ui`: Dagster and MLflow side by side, on loopback only."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from plg_orchestration.cli.home import dagster_home, enter, open_console

LOOPBACK = "127.0.0.1"


def serve(workspace: Path | None, *, port: int, mlflow_port: int) -> int:
    """Serve both until one ends or the user interrupts; both are ended then."""
    console = open_console()
    here = enter(workspace)
    home = dagster_home(here)
    environment = os.environ | {
        "DAGSTER_HOME": str(home), "PLG_WORKSPACE": str(here.path), "PLG_MLFLOW_URL": f"http://{LOOPBACK}:{mlflow_port}",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    dagster = ["-m", "dagster", "dev", "-m", "plg_orchestration.definitions", "-h", LOOPBACK, "-p", str(port)]
    mlflow = [
        "-m", "mlflow", "server", "--backend-store-uri", here.mlflow_tracking_uri, "--artifacts-destination",
        str(here.state / "mlartifacts"), "--host", LOOPBACK, "--port", str(mlflow_port),
    ]  # fmt: skip
    children = [subprocess.Popen([sys.executable, *command], env=environment) for command in (dagster, mlflow)]
    console.print(f"Dagster: http://{LOOPBACK}:{port}   MLflow: http://{LOOPBACK}:{mlflow_port}   (Ctrl-C ends both)")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        for child in children:
            child.terminate()
        codes = [child.wait(timeout=20) for child in children]
    return 0 if all(code in (0, -signal.SIGTERM) for code in codes) else 1
