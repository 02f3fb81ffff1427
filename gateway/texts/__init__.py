"""Texts of callers and banks, made safe and brought into one form.

    controls      control characters: refused of callers, removed from answers of banks
    normal_forms  Unicode normalisation in linear time
    spelling      a branch and an account number in their one spelling
    wordings      Portuguese texts about wrong fields that several modules use

Begin with `controls`: every text that comes from outside passes through it.
"""
