package dev.leeway.cli.verify;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/** A tokenizer: ids with and without special tokens, decoded text with special tokens skipped and kept, and ids that are no text's. */
record TokenizerCase(Path path, Path expected) implements Case {

    @Override
    public String kind() {
        return "tokenizer";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        var json = JsonFile.read(expected);
        try (var tokenizer = Tokenizer.load(path)) {
            var cases = json.requireObjects("cases");
            checks.equal("texts", cases.stream().filter(one -> !encodes(tokenizer, one)).count());
            var decodes = json.optionalObjects("decode_cases").orElse(List.of());
            checks.equal("id lists", decodes.stream().filter(one -> !decodes(tokenizer, one)).count());
        }
        return checks.all();
    }

    private static boolean encodes(Tokenizer tokenizer, JsonObject one) {
        var text = one.requireString("text");
        return java.util.Arrays.equals(tokenizer.encode(text, true), Inputs.ints(one.require("ids")))
            && java.util.Arrays.equals(tokenizer.encode(text, false), Inputs.ints(one.require("ids_without_special")))
            && decodes(tokenizer, one);
    }

    private static boolean decodes(Tokenizer tokenizer, JsonObject one) {
        var ids = Inputs.ints(one.require("ids"));
        return tokenizer.decode(ids, true).equals(one.requireString("decoded_skip_special"))
            && tokenizer.decode(ids, false).equals(one.requireString("decoded_keep_special"));
    }
}
