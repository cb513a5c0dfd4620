package dev.leeway.text;

import ai.djl.util.Utils;
import dev.leeway.LeewayException;
import java.nio.file.Path;

/** The native library behind every {@link Tokenizer}, for those who look after a machine. */
public final class TokenizerLibrary {

    private TokenizerLibrary() {}

    /**
     * Loads the library, or finds it loaded.
     *
     * @throws LeewayException if it cannot be unpacked or loaded
     */
    public static void load() {
        NativeTokenizers.library();
    }

    /** Where it is unpacked. */
    public static Path cache() {
        return Utils.getEngineCacheDir();
    }
}
