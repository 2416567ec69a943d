# The pipeline with its whole environment, from the lock: docker build -t trisampler .
FROM python:3.11-slim-bookworm

ENV DO_NOT_TRACK=1 \
    KEDRO_DISABLE_TELEMETRY=1 \
    PYTHONUNBUFFERED=1

# No process in a container needs to be root; what it writes belongs to this user.
RUN useradd --create-home --uid 1000 trisampler \
    && install --directory --owner trisampler /project
WORKDIR /project

# Before the sources: they change more often than what they need.
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --requirement requirements.lock

COPY --chown=trisampler . ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation --editable .

USER 1000
# `docker stop` sends SIGTERM, on which training writes a checkpoint and leaves.
ENTRYPOINT ["kedro"]
CMD ["run"]
