package dev.leeway.text.template;

/**
 * What a missing name, attribute or element is: prints as nothing, is false and empty, and fails at every other use.
 *
 * @param reason the sentence it fails with
 */
record Undefined(String reason) implements Value {

    static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    static Undefined attribute(Value owner, String name) {
        return new Undefined("'" + (owner == None.NONE ? "None" : owner.typeName() + " object") + "' has no attribute '" + name + "'");
    }

    static Undefined element(Value owner, Value key) {
        return new Undefined((owner == None.NONE ? "None" : owner.typeName() + " object") + " has no element " + Printer.repr(key));
    }

    /** An attribute that exists in Python but is out of a template's reach. */
    static Undefined unsafe(Value owner, String name) {
        return new Undefined("access to attribute '" + name + "' of '" + owner.typeName() + "' object is unsafe.");
    }

    TemplateFailure failure() {
        return TemplateFailure.of("%s", reason);
    }

    @Override
    public String typeName() {
        return "Undefined";
    }

    @Override
    public boolean truth() {
        return false;
    }
}
