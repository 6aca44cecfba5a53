# helpbot in a container: the same `pip install` as in the README, nothing more.
#   docker build -t helpbot .
#   docker run --rm -v ./config:/config:ro -v ./config/faq:/config/faq -v ./data:/data -v ./keys:/keys helpbot
# With PostgreSQL, and `!lacunes`: docker build --build-arg EXTRAS=[postgres,report] -t helpbot .
# With `publishing.git`, which needs the program: docker build --build-arg PACKAGES=git -t helpbot .

FROM python:3.13-slim AS build
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE config.yaml.example ./
COPY faq faq
COPY helpbot helpbot
RUN python -m venv /opt/helpbot \
    && /opt/helpbot/bin/pip install --no-cache-dir -c constraints.txt ".${EXTRAS}"

FROM python:3.13-slim
ARG PACKAGES=""
RUN [ -z "$PACKAGES" ] || { apt-get update && apt-get install -y --no-install-recommends $PACKAGES \
    && rm -rf /var/lib/apt/lists/*; }
# An account that owns nothing but its data and its keys. Any other works too: --user, with folders of its own.
RUN useradd --uid 10001 --no-create-home --home-dir /data helpbot \
    && install -d -m 0700 -o helpbot -g helpbot /data /keys
COPY --from=build /opt/helpbot /opt/helpbot
ENV PATH=/opt/helpbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HELPBOT__DATA_DIR=/data \
    HELPBOT__MATRIX__RECOVERY_KEY_FILE=/keys/recuperation.key \
    HELPBOT__PRIVACY__PSEUDONYM_KEY_FILE=/keys/pseudonym.key
USER 10001:10001
# Database and crypto store in one, the pseudonym and recovery keys in the other: they are not backed up together.
VOLUME ["/data", "/keys"]
# SIGTERM lets the bot finish what is in hand; give it the time: docker stop --time 30.
STOPSIGNAL SIGTERM
# No HEALTHCHECK here: where /health is served stands in the configuration (`metrics.listen`), and an image that
# chose an address would overrule it. docs/operations.md has the lines for compose.yaml.
ENTRYPOINT ["helpbot"]
CMD ["run", "-c", "/config/config.yaml", "--log", "json"]
