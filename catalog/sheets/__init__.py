"""Catalogues as workbooks: the national 目录 template and tables of any shape, in and out.

`meanings` says what a column can mean, `proposing` compares a workbook with the catalogue row by
row, `importing` has the verbs, `exporting` writes the national template.
"""
