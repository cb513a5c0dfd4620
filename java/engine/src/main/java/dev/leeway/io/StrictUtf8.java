package dev.leeway.io;

import dev.leeway.LeewayException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Refuses bytes that are not well-formed UTF-8, where most decoders would quietly put replacement characters. */
final class StrictUtf8 {

    private StrictUtf8() {
    }

    /** Checks without keeping the decoded text; {@code where} begins the sentence of the failure. */
    static void require(String where, byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(8192);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result;
        do {
            out.clear();
            result = decoder.decode(in, out, true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw LeewayException.data("%s is not valid UTF-8 at byte %d", where, in.position());
        }
    }
}
