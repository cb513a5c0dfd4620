package dev.leeway.study;

import dev.leeway.io.Sha256;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Seeds that are made of a seed and a name. */
final class Seeds {

    private Seeds() {
    }

    /** Not negative, and below 2³¹, as seeds of commands are. */
    static long of(long seed, String name) {
        var digest = HexFormat.of().parseHex(Sha256.of(seed + "\n" + name));
        return ByteBuffer.wrap(digest).getInt() & Integer.MAX_VALUE;
    }
}
