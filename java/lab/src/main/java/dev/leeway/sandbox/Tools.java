package dev.leeway.sandbox;

import dev.leeway.LeewayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Programs that confine others. They are looked for in the system's folders alone: what the PATH of a user finds may not be seen from
 * inside, or be something else.
 *
 * @param bwrap bubblewrap
 * @param prlimit sets limits; util-linux
 * @param setpriv gives up root; util-linux
 * @param shell opens bubblewrap's files
 * @param python what is confined
 */
record Tools(Path bwrap, Path prlimit, Path setpriv, Path shell, Path python) {

    static final List<Path> FOLDERS = List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/sbin"), Path.of("/usr/local/bin"));

    static Tools in(List<Path> folders) {
        return new Tools(find(folders, "bwrap", "bubblewrap"), find(folders, "prlimit", "util-linux"),
            find(folders, "setpriv", "util-linux"), find(folders, "sh", "dash"), find(folders, "python3", "python3"));
    }

    private static Path find(List<Path> folders, String name, String debianPackage) {
        return folders.stream().map(folder -> folder.resolve(name)).filter(Files::isExecutable).findFirst()
            .orElseThrow(() -> LeewayException.resources("running untrusted code needs %s, which is in none of %s; install it (Debian: "
                + "apt-get install %s): without it nothing is run", name, folders, debianPackage));
    }
}
