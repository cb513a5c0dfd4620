package dev.leeway.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.leeway.LeewayException;
import java.util.HashMap;
import java.util.Map;

/**
 * Loads the native tokenizer library that DJL carries, without ever touching the network.
 *
 * <p>On a machine with a GPU, DJL looks for a CUDA build of this library on its server; and its public tokenizer class reports usage from
 * cloud machines. So the CPU build inside the jar is forced while the library loads, and the calls go to the binding itself, which also
 * spares the dozen arrays that DJL copies for each encoded text.
 *
 * <p>The binding aborts the whole process on a null argument: callers check before they call.
 */
final class NativeTokenizers {

    private static final Map<String, String> WHILE_LOADING = Map.of("RUST_FLAVOR", "cpu", "ai.djl.offline", "true");

    private NativeTokenizers() {}

    /**
     * The binding. The first call loads its library; later ones find it loaded, or fail the same way again.
     *
     * @throws LeewayException if the library cannot be unpacked or loaded
     */
    static synchronized TokenizersLibrary library() {
        String flavor = System.getenv("RUST_FLAVOR");
        if (flavor != null && !flavor.isEmpty() && !flavor.equals("cpu")) {
            throw LeewayException.resources("the environment sets RUST_FLAVOR=%s, which would download a GPU build of the tokenizer;"
                    + " unset it, or set it to cpu", flavor);
        }
        Map<String, String> before = override(WHILE_LOADING);
        try {
            LibUtils.checkStatus();
            return TokenizersLibrary.LIB;
        } catch (RuntimeException | LinkageError e) {
            throw LeewayException.resources(e, "the tokenizer library could not be loaded (%s); it is unpacked into .djl.ai under the"
                    + " home folder, or into ENGINE_CACHE_DIR, which must be writable", rootMessage(e));
        } finally {
            restore(before);
        }
    }

    private static Map<String, String> override(Map<String, String> properties) {
        Map<String, String> before = new HashMap<>();
        properties.forEach((key, value) -> before.put(key, System.setProperty(key, value)));
        return before;
    }

    private static void restore(Map<String, String> before) {
        before.forEach((key, value) -> {
            if (value == null) {
                System.clearProperty(key);
            } else {
                System.setProperty(key, value);
            }
        });
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }
}
