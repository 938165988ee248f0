# What container images are made of, without a registry, a base image or a builder: layers in the cache folder, built
# once. Sourced, never run. How layers become an image is in archive.bash.

# The root file system under every Spark image: Debian and Java, by debootstrap.
debian=bookworm
java=17
# The lines of Spark that a node has an image of. The examples are compiled against the first.
sparks=(4.0.5 4.3.0)

# built NAME VERSION: prints the folder of it, built by build_NAME VERSION FOLDER when it is not there.
built() {
  local folder="$cache/images/$1/$2"
  if [ ! -d "$folder" ]; then
    mkdir -p "${folder%/*}"
    (
      exec 8<"${folder%/*}"
      flock 8
      if [ -d "$folder" ]; then exit; fi
      rm -rf --one-file-system "$folder".??????
      install_once "$folder" timed "$1" "$2" || fail "the image part $1 $2 could not be built"
    ) || exit
  fi
  echo "$folder"
}

timed() {
  local started=$SECONDS
  say "building the image part $1 $2; once, up to a few minutes"
  "build_$1" "$2" "$3" && say "built the image part $1 $2 in $((SECONDS - started)) s, $(du -sh "$3" | cut -f1)B"
}

# The image of the sandbox of pods, as an archive.
build_pause() {
  mkdir "$2/root" &&
    CGO_ENABLED=0 GOFLAGS='' GOWORK=off go build -ldflags='-s -w' -o "$2/root/pause" "$here/node/pause/main.go" &&
    layer "$2/root" "$2/layer.tar" &&
    archive "$2/archive" localhost/pause:1 '"Entrypoint": ["/pause"]' "$2/layer.tar" >"$2/image.tar" &&
    # The program is also process 1 of a node.
    mv "$2/root/pause" "$2/pause" && rm -r "$2/root" "$2"/layer.tar*
}

# In a mount namespace of its own: what debootstrap mounts ends with it, also when it is killed.
build_base() {
  unshare --mount nice -n 19 debootstrap --variant=minbase \
    --include="openjdk-$java-jre-headless,python3,tini,procps" "$debian" "$2/root" >"$2/debootstrap.log" 2>&1 ||
    { tail -n 5 "$2/debootstrap.log" && return 1; }
  # The user of Spark's own images.
  echo 'spark:x:185:0:spark:/opt/spark:/bin/bash' >>"$2/root/etc/passwd" &&
    rm -rf "$2"/root/{var/cache/apt,var/lib/apt/lists,usr/share/doc,usr/share/man,usr/share/locale}/* &&
    layer "$2/root" "$2/image.tar" && rm -r "$2/root"
}

# /opt/spark of a line, without the client of Spark Connect's shell (60 MB).
build_spark-home() {
  local to="$2" home="$2/root/opt/spark"
  mkdir -p "$home" &&
    PIP_ROOT_USER_ACTION=ignore nice -n 19 python3 -m pip install --quiet --no-compile --target "$to/packages" "pyspark==$1" &&
    mv "$to"/packages/pyspark/* "$home/" && mkdir -p "$home/python" "$home/work-dir" && mv "$to/packages/py4j" "$home/python/" &&
    rm -rf "$home/python/pyspark" "$home/jars/connect-repl" && ln -s /opt/spark "$home/python/pyspark" &&
    chmod 777 "$home/work-dir" &&
    layer "$to/root" "$to/layer.tar" && rm -r "$to"/{packages,root}
}

# The entrypoint, the hook of executors and the examples, the same for every line.
build_examples() {
  local to="$2" home="$2/root/opt/spark" spark
  spark="$(built spark-home "${sparks[0]}")" || return
  mkdir -p "$home/examples/jars" "$home/third-party" "$to/spark" &&
    tar --extract --file "$spark/layer.tar" --directory "$to/spark" ./opt/spark/jars &&
    jar_of "$home/third-party/lib.jar" "$to/library" . "$here/node/library" &&
    jar_of "$home/examples/jars/spark-examples.jar" "$to/examples" "$to/library:$to/spark/opt/spark/jars/*" "$here/node/examples" &&
    cp "$here/node/entrypoint" "$to/root/opt/entrypoint.sh" && cp "$here/node/decommission" "$to/root/opt/decom.sh" &&
    chmod 755 "$to"/root/opt/{entrypoint,decom}.sh &&
    layer "$to/root" "$to/layer.tar" && rm -r "$to"/{root,spark,library,examples}
}

# jar_of JAR CLASSES CLASSPATH SOURCES
jar_of() {
  nice -n 19 javac -nowarn --release "$java" -cp "$3" -d "$2" "$4"/*.java && jar --create --file "$1" -C "$2" .
}

# What the examples are made from, in short: another one makes another layer.
examples_version() {
  (cd "$here/node" && sha256sum entrypoint decommission examples/* library/*) | sha256sum | cut -c1-12
}

# build_spark_layers: builds what the images of all lines are made of.
build_spark_layers() {
  local version
  for version in "${sparks[@]}"; do built spark-home "$version" >/dev/null || exit; done
  base_layer="$(built base "$debian-java$java")/image.tar" || exit
  examples_layer="$(built examples "$(examples_version)")/layer.tar" || exit
}

# spark_archive VERSION FOLDER: writes the image localhost/spark:VERSION to standard output, as `archive` does.
spark_archive() {
  archive "$2" "localhost/spark:$1" '"User": "185", "WorkingDir": "/opt/spark/work-dir",
    "Entrypoint": ["/opt/entrypoint.sh"], "Env": ["SPARK_HOME=/opt/spark", "HOME=/opt/spark",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH=/opt/spark/python"]' \
    "$base_layer" "$(built spark-home "$1")/layer.tar" "$examples_layer"
}
