package dev.leeway.bench.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Where the libraries that this module builds for itself lie. */
public final class Libraries {

    /** The folder, where it is not beside the jar. */
    public static final String FOLDER = "leeway.bench.libraries";

    private Libraries() {
    }

    /** The folder. */
    public static Path folder() {
        return Path.of(System.getProperty(FOLDER, "bench/target/native/lib")).toAbsolutePath();
    }

    /** The file of a library. */
    public static Path file(String name) {
        var folder = folder();
        try {
            return folder.resolve(name).toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " is expected in " + folder + "; build the bench module first (mvn -B "
                + "package), or name the folder with -D" + FOLDER + "=DIR", e);
        }
    }

    /** Loads a library for JNI. */
    static void load(String name) {
        System.load(file(name).toString());
    }
}
