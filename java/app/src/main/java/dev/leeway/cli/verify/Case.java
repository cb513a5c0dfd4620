package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/** One case: reference numbers in a folder or a file, and how this build computes the same. */
interface Case {

    /** Where it lies. */
    Path path();

    /** What kind of case it is, in a word or two. */
    String kind();

    /** Computes and compares. */
    List<Check> run(Device device);

    /** What a line says of the checks beside the one that is closest to its gate. */
    default String details(List<Check> checks) {
        return "";
    }

    /** The same case computed in bfloat16, where it says how far off that may be. */
    default Case inBfloat16() {
        return new NotChecked(path(), "no deviation of bfloat16 is recorded for a case of " + kind());
    }

    /** A case of a kind, or about a method, that this build cannot check. */
    record NotChecked(Path path, String reason) implements Case {

        @Override
        public String kind() {
            return "not checked";
        }

        @Override
        public List<Check> run(Device device) {
            throw new UnsupportedOperationException(reason);
        }

        @Override
        public Case inBfloat16() {
            return this;
        }
    }

    /** Something that should be a case and can't be read. */
    record Unreadable(Path path, String reason) implements Case {

        @Override
        public String kind() {
            return "unreadable";
        }

        @Override
        public List<Check> run(Device device) {
            throw LeewayException.data("%s", reason);
        }

        @Override
        public Case inBfloat16() {
            return this;
        }
    }
}
