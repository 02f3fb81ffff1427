"""What is demanded of every adapter. The checks name capabilities and no bank.

Begin with `levels`, which lists all of them. Each is a function of a bench, and of a case where it is tried with many;
it says what must be, and raises `Shortfall` where that is not so.

    levels                     the checks, level by level
    contract, shown_fields     facts and exchanges; the fields that exchanges have to show
    reads, computing           that statements come, and that the adapter only computes
    exact, capabilities        that they are the truth, and have what the contract declares
    words, decimals            that no word of the bank is dropped, and no decimal
    faults                     that the faults of other checks change something
    resilient, breaks, loops   moved pages, spoilt answers, lists that break off or never end
    kinds                      rows with unknown words
    consent, secrets           consent on a page of the bank; that secrets are seen nowhere else
    polite, asked_days         that the bank would not complain; the days that a request names
"""
