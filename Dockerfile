# One image for every process; docker-compose.yml says which one a container runs.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/storywatch
COPY requirements.lock ./
RUN /opt/storywatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY workers workers
COPY config config
COPY dashboard dashboard
COPY demo demo
COPY cli cli
RUN /opt/storywatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /var/lib/storywatch --create-home storywatch
COPY --from=build /opt/storywatch /opt/storywatch
ENV PATH="/opt/storywatch/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    STORYWATCH_STORAGE__DATA_DIR=/var/lib/storywatch/data
WORKDIR /var/lib/storywatch
RUN mkdir data config && chown storywatch:storywatch data config
VOLUME /var/lib/storywatch/data
USER storywatch
EXPOSE 8420
ENTRYPOINT ["storywatch"]
CMD ["run"]
