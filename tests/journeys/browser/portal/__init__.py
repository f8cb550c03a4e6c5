"""The portal before its judges. A package by this file: else pytest would let the city of scope
`package` stand until the session ends, under whatever tests come after it."""
