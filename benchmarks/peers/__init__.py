"""What a competent team writes in an afternoon, kept runnable so that the product is measured beside it."""
