"""ONNX Runtime without its telemetry: its official builds report to their maker unless they are told not to."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # looked at when it is loaded, and never again

import onnxruntime

__all__ = ["onnxruntime"]
