package dev.leeway.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** Standard output that remembers why it could not be written: a {@link java.io.PrintWriter} would keep that to itself. */
final class StandardOutput extends FilterOutputStream {

    private Optional<IOException> failure = Optional.empty();

    StandardOutput(OutputStream stream) {
        super(stream);
    }

    /** Whether people read it as it is written. */
    static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = failure.or(() -> Optional.of(e));
            throw e;
        }
    }

    /** Why output was lost, unless the reader left: a closed pipe means that it has seen enough. */
    Optional<String> loss() {
        return failure.map(IOException::getMessage).filter(reason -> !"Broken pipe".equals(reason));
    }
}
