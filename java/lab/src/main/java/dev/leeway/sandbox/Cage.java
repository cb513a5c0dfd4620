package dev.leeway.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command that confines a script. Files reach bubblewrap as open descriptors (3 filter, 4 script, 5 status), so that a user who
 * can't read their folder sees them all the same. Inside there are read-only system folders, a small /dev, a work folder in memory, and no
 * network, home, /proc, /etc or environment.
 *
 * @param tools what confines
 * @param isRoot whether this process is root, which would not be bound by a limit of processes, and so becomes nobody first
 */
record Cage(Tools tools, boolean isRoot) {

    private static final String OPEN_FILES = "exec 3<\"$1\" 4<\"$2\" 5>\"$3\"; shift 3; exec \"$@\"";
    /**
     * Process 1 inside. bubblewrap's own would be left to the machine's process 1 when it ends, which in a container may not wait for it; a
     * child that bubblewrap was told to make process 1 it waits for itself. Standard error is the program's: what the shell has to say
     * about its end is not wanted.
     */
    private static final String FIRST_PROCESS = "exec 9>&2 2>/dev/null; \"$@\" 2>&9 9>&-; exit $?";
    private static final int OPEN_FILE_LIMIT = 64;
    private static final int NOBODY = 65534;

    /** Files of one run, outside. */
    record Place(Path folder) {

        Path filter() {
            return folder.resolve("filter");
        }

        Path script() {
            return folder.resolve("script.py");
        }

        Path status() {
            return folder.resolve("status");
        }

        Path input() {
            return folder.resolve("input");
        }
    }

    static Cage of(Tools tools) {
        try {
            return new Cage(tools, (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0);
        } catch (IOException | UnsupportedOperationException unknown) {
            return new Cage(tools, false); // bwrap will say what is missing
        }
    }

    List<String> command(Place place, Limits limits) {
        var command = new ArrayList<>(List.of(tools.shell().toString(), "-c", OPEN_FILES, "sh", place.filter().toString(),
            place.script().toString(), place.status().toString()));
        if (isRoot) {
            command.addAll(List.of(tools.setpriv().toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        }
        command.add(tools.bwrap().toString());
        command.addAll(List.of("--unshare-all", "--unshare-user", "--die-with-parent", "--as-pid-1", "--new-session",
            "--hostname", "sandbox", "--uid", "1000", "--gid", "1000"));
        environment(command);
        mounts(command, Long.toString(limits.files()));
        command.addAll(List.of("--chdir", "/work", "--seccomp", "3", "--json-status-fd", "5", "--",
            tools.shell().toString(), "-c", FIRST_PROCESS, "sh"));
        limits(command, limits);
        command.addAll(List.of(tools.python().toString(), "-s", "-B", "/script.py"));
        return command;
    }

    private static void environment(List<String> command) {
        command.addAll(List.of("--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/work",
            "--setenv", "TMPDIR", "/work", "--setenv", "LANG", "C.UTF-8",
            // The order of a set's strings must not differ from run to run; and the script's folder is nothing to import from.
            "--setenv", "PYTHONHASHSEED", "0", "--setenv", "PYTHONSAFEPATH", "1"));
    }

    private static void mounts(List<String> command, String size) {
        for (var folder : List.of("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")) {
            command.addAll(systemFolder(Path.of(folder)));
        }
        command.addAll(List.of("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
            "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
            "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
            "--size", size, "--tmpfs", "/work", "--ro-bind-data", "4", "/script.py", "--remount-ro", "/"));
    }

    private static List<String> systemFolder(Path folder) {
        try {
            if (Files.isSymbolicLink(folder)) {
                return List.of("--symlink", Files.readSymbolicLink(folder).toString(), folder.toString());
            }
        } catch (IOException gone) {
            return List.of();
        }
        return Files.isDirectory(folder) ? List.of("--ro-bind", folder.toString(), folder.toString()) : List.of();
    }

    /** Per process, where the watch from outside counts them together: whichever is first ends the program. */
    private void limits(List<String> command, Limits limits) {
        long seconds = Math.ceilDiv(limits.cpu().toMillis(), 1000);
        command.addAll(List.of(tools.prlimit().toString(), "--as=" + limits.memory(), "--cpu=" + seconds + ":" + (seconds + 1),
            "--nproc=" + limits.processes(), "--fsize=" + limits.files(), "--nofile=" + OPEN_FILE_LIMIT, "--core=0", "--memlock=0",
            "--msgqueue=0", "--"));
    }
}
