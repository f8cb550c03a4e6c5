# One image for all processes; docker-compose.yml says what each of them runs and may do.
FROM python:3.11-slim AS packages
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
        -r /tmp/base.txt

FROM python:3.11-slim AS assets
WORKDIR /build
COPY requirements/assets.txt package.json package-lock.json .npmrc ./
COPY config/assets.py config/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
        -r assets.txt \
    && python -P config/assets.py

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin city \
    && mkdir -p /app /data/intake /data/files /data/public_files /data/batches \
    && chown city /data/intake /data/files /data/public_files /data/batches
COPY --from=packages /venv /venv
COPY . /app
COPY --from=assets /build/portal/static/vendor /app/portal/static/vendor
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FILE_ROOTS=/data/intake
RUN python -m compileall -q /app
USER city
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "config.wsgi:application"]
