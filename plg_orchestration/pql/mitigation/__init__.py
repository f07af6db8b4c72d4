"""What is tried when a challenger fails a protected contrast: variants of its training, and the choice among them.

The audit itself is in `bias`; whether a variant routes leads is decided by the ordinary gates in `promotion`.
"""
