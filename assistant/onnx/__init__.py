"""ONNX models: their graphs edited before they are run, so that they take less memory and answer earlier."""
