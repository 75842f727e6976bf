"""What the operator costs as a control plane, beside a script that does the same work without one."""
