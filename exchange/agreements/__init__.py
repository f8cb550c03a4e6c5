"""What two sides agreed when a grant was made: a document in Chinese that never changes.

`document` says what stands in it, in the words of `words`; `keeping` freezes it with its digest
and proves that it is still what the audit chain says; `afterwards` tells what came after it;
`layout` puts it in order for people, and `paper` on paper. docs/sharing.md, "The agreement".
"""
