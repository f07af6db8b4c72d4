"""The scorers: points, the weighted formula and the trained model, over stored rows or plain frames."""
