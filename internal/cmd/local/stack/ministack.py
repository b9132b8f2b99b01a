"""MiniStack, without the 40 ms that each event would wait on its way to a function.

It sends the head and the body of an event one after the other, and the kernel keeps the body back until the head is
acknowledged: Nagle's algorithm, against the delayed acknowledgement of the function's end.
"""

import socketserver

from ministack.app import main

socketserver.StreamRequestHandler.disable_nagle_algorithm = True
main()
