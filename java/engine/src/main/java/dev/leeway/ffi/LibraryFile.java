package dev.leeway.ffi;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where the shared library of a back end lies: in the folder named by the system property {@code leeway.native.path} if that is set (GPU
 * builds, sanitizer builds), else unpacked from the class path into a cache folder named after its SHA-256, so that a version never meets
 * another one's file and a second start finds it in place.
 */
final class LibraryFile {

    private static final String FOLDER = "leeway.native.path";

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
            var content = stream.readAllBytes();
            var hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)).substring(0, 16);
            var target = cache().resolve(hash).resolve(Path.of(resource).getFileName().toString());
            if (!Files.isRegularFile(target) || Files.size(target) != content.length) {
                place(content, target);
            }
            return target;
        } catch (IOException e) {
            throw LeewayException.resources(e, "cannot unpack the %s back end into %s (%s); name a writable folder with -Dleeway.cache=DIR",
                backend, cache(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static void place(byte[] content, Path target) throws IOException {
        Files.createDirectories(target.getParent());
        var part = Files.createTempFile(target.getParent(), "library", ".part");
        Files.write(part, content);
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileAlreadyExistsException e) {
            Files.delete(part);
        }
    }

    static Path cache() {
        var named = System.getProperty("leeway.cache");
        return named != null ? Path.of(named) : Path.of(System.getProperty("user.home"), ".cache", "leeway", "native");
    }
}
