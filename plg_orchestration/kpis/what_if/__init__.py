"""What a lift would bring: ARR in 12 months with activation, conversion or virality higher, against ARR without it.

The call for notebooks is `calls.project_arr`; importing this package imports no frames, since the configuration does.
"""
