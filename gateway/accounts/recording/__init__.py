"""Records readings, and tells later statements and callers what has changed.

outcomes       what a reading has come to, for the integration and for its bank
notes          writes beside the answers, within limits of time and number
stored         statements that are answered from the store
final_days     what is kept of final days to compare with
continuity     finds days that a bank has changed before a statement, and tells of changed days
entry_changes  what has changed in the entries since a caller last asked
settled_parts  the settled entries of a large statement in parts
"""
