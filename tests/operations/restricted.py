"""The profile `restricted` of Kubernetes' pod security, and what we want beyond it, on every pod of rendered manifests: `restricted.py FILE…`."""

import sys

import yaml

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def pod_specs(document):
    kind, spec = document["kind"], document.get("spec", {})
    if kind == "Pod":
        yield spec
    elif kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        yield spec["template"]["spec"]
    elif kind == "CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]


def faults(name, pod):
    security = pod.get("securityContext", {})
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{name}: {key}"
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield f"{name}: may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{name}: no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield f"{name}: a token of Kubernetes is mounted"
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"{name}: a volume of kind {kinds}"
        mode = volume.get("secret", {}).get("defaultMode", 0o440)
        if mode & 0o007:
            yield f"{name}: everybody may read the secret {volume['name']}"
    for container in pod.get("initContainers", []) + pod["containers"]:
        where, security = f"{name}/{container['name']}", container.get("securityContext", {})
        if security.get("allowPrivilegeEscalation") is not False:
            yield f"{where}: may gain privileges"
        if security.get("capabilities", {}).get("drop") != ["ALL"] or security["capabilities"].get("add"):
            yield f"{where}: has capabilities"
        if security.get("readOnlyRootFilesystem") is not True:
            yield f"{where}: may write to its root"
        if not container.get("resources", {}).get("limits", {}).get("memory") or not container["resources"].get("requests"):
            yield f"{where}: no limit of memory, or no requests"
        if not container["image"].rpartition(":")[2] or container["image"].endswith(":latest"):
            yield f"{where}: an image without a version"
        for variable in container.get("env", []):
            if any(word in variable["name"] for word in ("KEY", "SECRET", "URL")) and variable["name"] not in (
                "LGDL_ORIGIN_URL",
                "LGDL_ORIGIN_KEY_ID",
                # Places: what opens them comes from files of their own.
                "LGDL_ARCHIVE_URL",
                "LGDL_BACKUP_URL",
            ):
                if not variable.get("value", "").startswith("@/run/secrets/"):
                    yield f"{where}: {variable['name']} is no file"


def main(files):
    found, pods = [], 0
    for file in files:
        with open(file, encoding="utf-8") as text:
            for document in filter(None, yaml.safe_load_all(text)):
                for pod in pod_specs(document):
                    pods += 1
                    found += faults(f"{document['kind']} {document['metadata']['name']}", pod)
    print("\n".join(found) if found else f"{pods} pods are restricted")
    return 1 if found or not pods else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
