"""What is measured. Run with ``python -m benchmarks NAME``; results and tables lie beside this file."""
