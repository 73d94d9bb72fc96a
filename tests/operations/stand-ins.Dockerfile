# What the hub's images begin with, on Debian's packages.
FROM lgdl-services AS postgres
COPY --chmod=0755 postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN install -d -o 999 -g 999 -m 0700 /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

FROM lgdl-services AS nginx
ENTRYPOINT ["/usr/sbin/nginx", "-g", "daemon off;"]

FROM lgdl-services AS prometheus
ENTRYPOINT ["/usr/bin/prometheus"]

FROM lgdl-services AS alertmanager
ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]
