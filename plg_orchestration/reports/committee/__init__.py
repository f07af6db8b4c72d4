"""The risk committee's pack of a quarter: a page that opens with what is to be decided, and its tables as CSV.

It prints what nights and people left; nothing is judged anew, and nobody is named.
"""
