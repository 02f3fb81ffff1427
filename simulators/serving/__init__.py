"""The banks on ports, for clients that know nothing of a simulation.

Begin with `server`, which turns what comes in at the two ports into requests to banks and the control API.

    server                              the banks and the control API, served until somebody stops them
    listening                           the two sockets
    tls, client_hello                   certificates by host name, and those of clients
    addresses                           which bank a request names, and a record of one that none can read
    connection, without_upgrade         HTTP on a connection
    wire                                an answer on its way out, with what a fault makes of the way
    turns                               which thread answers a request
    state_folder                        the folder that one process has at a time
"""
