"""Work that no caller waits for.

    jobs         a `Job` names a task and its arguments; a `Queue` runs jobs, each at least once
    distributed  the queue of PostgreSQL, procrastinate's: any process of any machine may take a job
    embedded     the queue of one process: a few tasks of its own
    rounds       looks for what is due, again and again
    outages      tells what fails again and again without filling the log
    claims       claims that are kept fresh while their work lasts
    ending       steps that are completed although their caller goes away, and tasks that must have ended

Jobs with the same lock run one after the other. What is due follows from the database, so that a queue that was lost is
filled again.
"""
