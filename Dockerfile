# The one executable, in an image that can run every role. It holds Postgres' server as well, so that `docker run` without
# any setting works: Daybook then keeps a private Postgres in /var/lib/daybook. With DATABASE_URL that Postgres stays unused.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# librdkafka is compiled from its C sources; the image has gcc, make and zlib already.
RUN cargo build --release --locked -p daybook && cp target/release/daybook /usr/local/bin/

FROM debian:bookworm-slim
# create_main_cluster off: the package would otherwise make and start a server that nobody asked for.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-common ca-certificates curl \
 && sed -ri 's/^#?(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf \
 && apt-get install -y --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/daybook --create-home daybook
COPY --from=build /usr/local/bin/daybook /usr/local/bin/daybook
COPY sample /usr/share/daybook/sample
USER daybook
WORKDIR /var/lib/daybook
ENV DAYBOOK_DATA_DIR=/var/lib/daybook DAYBOOK_LISTEN=0.0.0.0:8080
# Give DAYBOOK_TOKEN a secret of your own for scripts; the README's is refused on this address.
VOLUME /var/lib/daybook
EXPOSE 8080
# Stops on SIGTERM: answers what it has accepted, then ends the private Postgres.
STOPSIGNAL SIGTERM
ENTRYPOINT ["daybook"]
CMD ["serve"]
