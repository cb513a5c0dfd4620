package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write into a folder, held by one run at a time. The operating system takes it back when the process ends in whatever way,
 * so no lock is ever stale; the file {@code .leeway.lock} stays and tells who holds it, or is empty.
 */
public final class FolderLock implements AutoCloseable {

    /** The file. */
    public static final String NAME = ".leeway.lock";

    /**
     * Folders that this process holds. The operating system's lock belongs to the process: a second channel on the file would get past
     * it, and closing that channel would give the first one's lock away. So this has to be a property of the process too.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** The locked byte lies beyond all content, which can then be read where locks are mandatory. */
    private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Takes the folder, which is made if it is missing. A folder that another run holds is refused, naming its process and host. */
    public static FolderLock acquire(Path folder) {
        try {
            var real = Files.createDirectories(folder).toRealPath();
            if (!HELD.add(real)) {
                throw taken(folder, "this process (" + ProcessHandle.current().pid() + ")");
            }
            try {
                return new FolderLock(real, lock(folder, real.resolve(NAME)));
            } catch (Throwable failure) {
                HELD.remove(real);
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be locked against a second run: %s; name another folder", folder,
                failure.getMessage());
        }
    }

    private static FileChannel lock(Path folder, Path file) throws IOException {
        var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Optional<FileLock> lock = Optional.ofNullable(channel.tryLock(LOCKED_BYTE, 1, false));
            if (lock.isEmpty()) {
                throw taken(folder, owner(channel));
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap("process %d on %s since %s\n".formatted(ProcessHandle.current().pid(), host(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS)).getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (Throwable failure) {
            channel.close();
            throw failure;
        }
    }

    private static LeewayException taken(Path folder, String owner) {
        return LeewayException.usage("%s is being written by %s; wait for that run, end it, or name another folder", folder, owner);
    }

    private static String owner(FileChannel channel) throws IOException {
        var text = ByteBuffer.allocate(300);
        channel.read(text, 0);
        var owner = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
        return owner.isEmpty() ? "another process" : owner.lines().findFirst().orElseThrow();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "an unnamed host";
        }
    }

    /** The folder, as the file system calls it. */
    public Path folder() {
        return folder;
    }

    /** Gives the folder back; closing again does nothing. */
    @Override
    public void close() {
        if (channel.isOpen()) {
            try (channel) {
                channel.truncate(0);
            } catch (IOException failure) {
                throw LeewayException.resources(failure, "%s can't be unlocked: %s", folder, failure.getMessage());
            } finally {
                HELD.remove(folder);
            }
        }
    }
}
