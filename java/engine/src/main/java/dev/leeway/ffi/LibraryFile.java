package dev.leeway.ffi;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Where the shared library of a back end lies: in the folder named by the system property {@code leeway.native.path} if that is set (GPU
 * builds, sanitizer builds), else unpacked from the class path into a cache folder named after its SHA-256, so that a version never meets
 * another one's file and a second start finds it in place.
 */
final class LibraryFile {

    private static final String FOLDER = "leeway.native.path";
    private static final Duration KEPT = Duration.ofDays(30);
    private static final Pattern OWN = Pattern.compile("[0-9a-f]{16}");

    private LibraryFile() {
    }

    static Path locate(String backend) {
        var folder = System.getProperty(FOLDER);
        if (folder != null) {
            var path = Path.of(folder, file(backend)).toAbsolutePath();
            if (!Files.isRegularFile(path)) {
                throw LeewayException.resources("leeway.native.path has no %s: %s does not exist", file(backend), path);
            }
            return path;
        }
        return unpack(resource(backend), backend);
    }

    static boolean exists(String backend) {
        var folder = System.getProperty(FOLDER);
        return folder != null ? Files.isRegularFile(Path.of(folder, file(backend)))
            : LibraryFile.class.getResource(resource(backend)) != null;
    }

    private static String file(String backend) {
        return System.mapLibraryName("leeway_" + backend);
    }

    private static String resource(String backend) {
        return platform() + "/" + file(backend);
    }

    private static String platform() {
        var arch = System.getProperty("os.arch");
        var system = System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT).startsWith("linux") ? "linux" : "other";
        return system + "-" + (arch.equals("amd64") ? "x86_64" : arch.equals("aarch64") ? "aarch64" : arch);
    }

    private static Path unpack(String resource, String backend) {
        try (var stream = LibraryFile.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw LeewayException.resources("this build has no %s back end for this platform (no %s on the class path); build it here, "
                    + "or name a folder that has the library with -Dleeway.native.path=DIR", backend, resource);
            }
            return place(stream.readAllBytes(), cache(), Path.of(resource).getFileName().toString(), Instant.now());
        } catch (IOException e) {
            throw LeewayException.resources(e, "cannot unpack the %s back end into %s (%s); name a writable folder with -Dleeway.cache=DIR",
                backend, cache(), e);
        }
    }

    /**
     * The file with this content below the cache folder. One that is there already is compared byte by byte, because what is loaded runs: a
     * torn or altered one is replaced. Any number of processes may do this at once, as each renames a file of its own into place; whoever
     * has mapped the one that is replaced keeps it.
     */
    static Path place(byte[] content, Path cache, String name, Instant now) throws IOException {
        var folder = cache.resolve(sha256(content).substring(0, 16));
        var target = folder.resolve(name);
        if (!holds(target, content)) {
            Files.createDirectories(folder);
            var part = Files.createTempFile(folder, "library", ".part");
            try {
                Files.write(part, content);
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
            removeUnused(cache, now);
        }
        markUsed(folder, now);
        return target;
    }

    private static boolean holds(Path file, byte[] content) throws IOException {
        return Files.isRegularFile(file) && Files.size(file) == content.length && Arrays.equals(Files.readAllBytes(file), content);
    }

    /** The time of a folder is when it was last used. A cache that nobody can write to, in an image, is as good as any. */
    private static void markUsed(Path folder, Instant now) {
        try {
            Files.setLastModifiedTime(folder, FileTime.from(now));
        } catch (IOException readOnly) {
            return;
        }
    }

    /** Deletes the libraries of versions that nobody has started for a month; another process may be doing the same. */
    private static void removeUnused(Path cache, Instant now) throws IOException {
        List<Path> folders;
        try (var entries = Files.newDirectoryStream(cache, entry -> OWN.matcher(entry.getFileName().toString()).matches())) {
            folders = StreamSupport.stream(entries.spliterator(), false).toList();
        }
        for (var folder : folders) {
            try {
                if (Files.getLastModifiedTime(folder).toInstant().isBefore(now.minus(KEPT))) {
                    delete(folder);
                }
            } catch (IOException goneOrNotOurs) {
                continue;
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    static Path cache() {
        var named = System.getProperty("leeway.cache");
        return named != null ? Path.of(named) : Path.of(System.getProperty("user.home"), ".cache", "leeway", "native");
    }
}
