"""Work that no caller waits for: the daily import, and rounds that look for what is due (`gateway.work.rounds`).

A `Job` names a task and its arguments; a `Queue` runs jobs, each at least once, those with the same lock one after the
other. With PostgreSQL the queue is procrastinate's, and any process of any machine may take a job; in the embedded
gateway it is a few tasks of its own process. What is due is never known by the queue alone: it follows from the
database, so that a queue that was lost is filled again.
"""
