package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The number type that a model is used in, by transformers' name for it and for its values. */
public final class DtypeOptions {

    private static final String AUTO = "auto";

    @Option(names = "--dtype", paramLabel = "TYPE", description = "what weights, activations and the key/value cache are held in: float32, "
        + "bfloat16, or auto for what config.json says (default: float32)")
    String dtype = "float32";

    void check(Problems problems) {
        problems.require(dtype.equals(AUTO) || type(dtype).isPresent(), "--dtype must be float32, bfloat16 or auto; got %s", dtype);
    }

    /** The type for a model, after {@link #check}. What config.json may say besides, such as float16, is held in float32. */
    DType of(ModelDirectory directory) {
        if (!dtype.equals(AUTO)) {
            return named(dtype);
        }
        var json = JsonFile.read(directory.path().resolve("config.json"));
        return json.optionalString("dtype").or(() -> json.optionalString("torch_dtype")).flatMap(DtypeOptions::type).orElse(DType.F32);
    }

    /** The type of that name. */
    public static DType named(String name) {
        return type(name).orElseThrow(() -> LeewayException.usage("--dtype must be float32 or bfloat16; got %s", name));
    }

    private static Optional<DType> type(String name) {
        return switch (name) {
            case "float32" -> Optional.of(DType.F32);
            case "bfloat16" -> Optional.of(DType.BF16);
            default -> Optional.empty();
        };
    }

    /** What one should know of a type on a device before a long run. */
    static Optional<String> note(DType dtype, Device device) {
        return device.sharesHostMemory() ? noteOfProcessor(dtype, device.info().name()) : Optional.empty();
    }

    /** The same on a processor, which is called after its instructions. */
    static Optional<String> noteOfProcessor(DType dtype, String name) {
        return dtype == DType.BF16 && !name.contains("AVX512-BF16")
            ? Optional.of("bfloat16 saves memory but no time on this processor: without AVX512-BF16 instructions it computes in float32")
            : Optional.empty();
    }
}
