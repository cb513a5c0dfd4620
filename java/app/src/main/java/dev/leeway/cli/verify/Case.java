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
    }
}
