"""Vector tiles read by the rules of protocol buffers and of their specification alone."""


def layers(body):
    """Return {layer: [(id, kind, lines)]}: kind 1 points, 2 lines, 3 areas, as they are drawn."""
    found = {}
    for number, layer in _fields(body):
        assert number == 3
        parts = list(_fields(layer))
        name = next(value for number, value in parts if number == 1).decode()
        features = [dict(_fields(value)) for number, value in parts if number == 2]
        found[name] = [(one.get(1), one[3], _lines(one[4])) for one in features]
    return found


def points(body):
    """Return a tile's points (x, y, count), each of which was moved to from the corner."""
    found, counts = [], []
    for number, layer in _fields(body):
        assert number == 3
        parts = list(_fields(layer))
        counts = [dict(_fields(value))[5] for number, value in parts if number == 4]
        for one in (dict(_fields(value)) for number, value in parts if number == 2):
            _move, at = _varint(one[4], 0)
            x, at = _varint(one[4], at)
            y, _at = _varint(one[4], at)
            place = _varint(one[2], _varint(one[2], 0)[1])[0]
            found.append((x >> 1 ^ -(x & 1), y >> 1 ^ -(y & 1), counts[place]))
    return found


def _lines(data):
    """Return what is drawn: spots where a line begins and goes on to, "Z" where it closes."""
    numbers, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        numbers.append(value)
    found, x, y, at = [], 0, 0, 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            found[-1].append("Z")
            continue
        if command == 1:
            found.append([])
        for _spot in range(count):
            x += numbers[at] >> 1 ^ -(numbers[at] & 1)
            y += numbers[at + 1] >> 1 ^ -(numbers[at + 1] & 1)
            found[-1].append((x, y))
            at += 2
    return found


def _fields(data):
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value, at = _varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        yield key >> 3, value


def _varint(data, at):
    shift = value = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at
